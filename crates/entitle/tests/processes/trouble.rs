//! Trouble with the machine, and the real binary in it: no room on the disk, a disk that fails, one
//! that cannot be written, no file descriptors left. Each gets a clear answer, what was answered is
//! there afterwards, and the hub goes on when the trouble is over.

mod descriptors;
mod disk;
