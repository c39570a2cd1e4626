/**
 * The system calls that a box is refused, as the program that the kernel runs at each call: seccomp(2), classic BPF. Refused is what no namespace
 * divides (keys, sockets of the machine below, the kernel's own inspection) and memory that is nobody's, which no measure sees. Whatever else
 * programs do they may.
 */

/** asm/unistd: numbers of these calls, and of the machine. */
interface Machine {
  /** linux/audit.h */
  readonly audit: number;
  readonly socket: number;
  readonly refused: readonly number[];
  /** Programs do without: they are told that the kernel has none. */
  readonly absent: readonly number[];
  /** From here on numbers mean another machine's calls. */
  readonly foreign: number;
}

const IO_URING = [425, 426, 427];

const MACHINES: Readonly<Record<string, Machine>> = Object.freeze({
  x64: {
    audit: 0xc000003e,
    socket: 41,
    // add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd
    refused: [248, 249, 250, 298, 321, 323, ...IO_URING],
    // shmget, msgget, memfd_create, memfd_secret
    absent: [29, 68, 319, 447],
    // x32
    foreign: 0x40000000,
  },
  arm64: {
    audit: 0xc00000b7,
    socket: 198,
    refused: [217, 218, 219, 241, 280, 282, ...IO_URING],
    absent: [194, 186, 279, 447],
    foreign: 0x40000000,
  },
});

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK */
const FAMILIES = [1, 2, 10, 16];

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;

/** Where in `struct seccomp_data`: the call's number, the machine's, the lower half of the first argument. */
const NUMBER = 0;
const ARCH = 4;
const FIRST = 16;

/** BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_JMP|BPF_JGE|BPF_K, BPF_RET|BPF_K */
const LOAD = 0x20;
const EQUAL = 0x15;
const AT_LEAST = 0x35;
const RETURN = 0x06;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const answer = (value: number): Instruction => [RETURN, 0, 0, value];
/** Answers where the test holds, else goes on. */
const where = (test: number, value: number, then: number): Instruction[] => [
  [test, 0, 1, value],
  answer(then),
];

/** undefined on a machine whose numbers are not known here. */
export function systemCallFilter(arch: string = process.arch): Buffer | undefined {
  const machine = MACHINES[arch];
  if (machine === undefined) return undefined;
  const instructions: Instruction[] = [
    [LOAD, 0, 0, ARCH],
    // A program of another machine, 32 bits: its numbers mean other calls.
    [EQUAL, 1, 0, machine.audit],
    answer(ERRNO | ENOSYS),
    [LOAD, 0, 0, NUMBER],
    ...where(AT_LEAST, machine.foreign, ERRNO | ENOSYS),
    ...machine.refused.flatMap((call) => where(EQUAL, call, ERRNO | EPERM)),
    ...machine.absent.flatMap((call) => where(EQUAL, call, ERRNO | ENOSYS)),
    [EQUAL, 1, 0, machine.socket],
    answer(ALLOW),
    [LOAD, 0, 0, FIRST],
    ...FAMILIES.flatMap((family) => where(EQUAL, family, ALLOW)),
    answer(ERRNO | EAFNOSUPPORT),
  ];
  const program = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, ifTrue, ifFalse, value], index) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(ifTrue, index * 8 + 2);
    program.writeUInt8(ifFalse, index * 8 + 3);
    program.writeUInt32LE(value, index * 8 + 4);
  });
  return program;
}
