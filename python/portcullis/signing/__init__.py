"""What is signed: tokens narrowed offline, possession of a key proved, Ed25519 itself."""
