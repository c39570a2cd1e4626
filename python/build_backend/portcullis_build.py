"""A PEP 517 and PEP 660 build backend for this one package, from the standard library alone.

It promises that `pip install ./python` works with no network and no build tool installed, and that the same sources
give the same bytes: fixed timestamps, sorted members.
"""
import base64
import gzip
import hashlib
import io
import os
import re
import tarfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGE = "portcullis"
EPOCH = (2020, 1, 1, 0, 0, 0)


def _project():
    """The few scalar fields of [project] that metadata needs; tomllib is absent before 3.11."""
    with open(os.path.join(ROOT, "pyproject.toml"), encoding="utf-8") as file:
        section = re.search(r"^\[project\]$(.*?)(?=^\[|\Z)", file.read(), re.M | re.S).group(1)
    return dict(re.findall(r'^([\w-]+) = "(.*)"$', section, re.M))


def _metadata(project):
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    head = [
        "Metadata-Version: 2.1",
        "Name: " + project["name"],
        "Version: " + project["version"],
        "Summary: " + project["description"],
        "License: Apache-2.0",
        "Requires-Python: " + project["requires-python"],
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(head) + "\n\n" + readme


WHEEL = "Wheel-Version: 1.0\nGenerator: portcullis_build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def _sources():
    """(name in the archive, bytes) of every file of the package, sorted."""
    found = []
    for folder, folders, files in os.walk(os.path.join(ROOT, PACKAGE)):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            if name.endswith((".py", ".pyi", ".typed")):
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found.append((os.path.relpath(path, ROOT).replace(os.sep, "/"), file.read()))
    return found


def _licence():
    """Lies beside the project in a source archive and above it in a checkout; an old pip builds in a copy that has neither."""
    for folder in (ROOT, os.path.dirname(ROOT)):
        path = os.path.join(folder, "LICENSE")
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return [("LICENSE", file.read())]
    return []


def _digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _write_wheel(directory, members):
    project = _project()
    info = "{}-{}.dist-info".format(project["name"], project["version"])
    members = list(members) + [
        (info + "/METADATA", _metadata(project).encode()),
        (info + "/WHEEL", WHEEL.encode()),
    ]
    members += [(info + "/licenses/" + name, data) for name, data in _licence()]
    rows = ["{},sha256={},{}".format(name, _digest(data), len(data)) for name, data in members]
    rows.append(info + "/RECORD,,")
    members.append((info + "/RECORD", ("\n".join(rows) + "\n").encode()))
    name = "{}-{}-py3-none-any.whl".format(project["name"], project["version"])
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, data in members:
            entry = zipfile.ZipInfo(member, EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, data)
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, _sources())


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, [("__editable__portcullis.pth", (ROOT + "\n").encode())])


def build_sdist(sdist_directory, config_settings=None):
    project = _project()
    base = "{}-{}".format(project["name"], project["version"])
    members = _sources() + _licence()
    for name in ("pyproject.toml", "README.md", "build_backend/portcullis_build.py"):
        with open(os.path.join(ROOT, name), "rb") as file:
            members.append((name, file.read()))
    members.append(("PKG-INFO", _metadata(project).encode()))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in sorted(members):
            entry = tarfile.TarInfo(base + "/" + name)
            entry.size = len(data)
            entry.mtime = 1577836800
            archive.addfile(entry, io.BytesIO(data))
    name = base + ".tar.gz"
    with open(os.path.join(sdist_directory, name), "wb") as file:
        file.write(gzip.compress(packed.getvalue(), mtime=0))
    return name


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_wheel
get_requires_for_build_sdist = get_requires_for_build_wheel
