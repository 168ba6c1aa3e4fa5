#!/bin/sh
# qcow2-lazy: flushed-data-lost. Found with QEMU 7.2.22.
#
# the guest's data at 0 reads as 0x10, allowed: zeroes or 0x13
#
# base.img.gz is an image that QEMU made; session.log.gz is what QEMU's blklogwrites filter recorded while
# a guest used it. Below, the image gets the writes that were durable, and of those that no flush had
# covered yet the ones that happen to reach the disk before the power goes. Then QEMU opens it.
# Needs qemu-img, qemu-io, gzip and dd. Exit code 0: the problem shows. 1: it does not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
gzip -dc "$here/base.img.gz" > crash.img
gzip -dc "$here/session.log.gz" > session.log

# put FROM TO COUNT: sectors of the log to sectors of the image; zero TO COUNT: zeroes.
put() { dd if=session.log of=crash.img bs=512 skip="$1" seek="$2" count="$3" conv=notrunc 2>/dev/null; }
zero() { dd if=/dev/zero of=crash.img bs=512 seek="$1" count="$2" conv=notrunc 2>/dev/null; }
io() { qemu-io --image-opts "$@" "driver=qcow2,file.driver=file,file.filename=crash.img"; }
check() { qemu-img check -f qcow2 "$@" crash.img; }
reads_as() { ! io -c "read -q -P $1 $2 $3" 2>&1 | grep -Eq "failed|can't"; }
shown() { echo "SHOWN: qcow2-lazy: flushed-data-lost"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
#   write 65536 bytes of zeroes or a discard at 3 MiB (under way)
#   write 4096 bytes of 0x12 at 5 MiB
#   flush
#   write 4096 bytes of zeroes or a discard at 0
#   flush
#   write 4096 bytes of 0x13 at 0
#   flush (under way)

# What was written:
zero 56 128 # entry 0: zeroes, 65536 bytes at 28672: flushed
put 3 48 8 # entry 1: 4096 bytes at 24576: flushed
put 13 16 8 # entry 3: 4096 bytes at 8192: flushed
put 23 56 8 # entry 5: 4096 bytes at 28672: flushed
put 33 24 1 # entry 7: 512 bytes at 12288: flushed
put 36 64 8 # entry 9: 4096 bytes at 32768: flushed
put 45 0 1 # entry 10: 512 bytes at 0: flushed
put 48 56 8 # entry 12: 4096 bytes at 28672: flushed
put 58 32 8 # entry 14: 4096 bytes at 16384: flushed
# entry 16: 4096 bytes at 20480: not flushed, lost
put 77 32 8 # entry 17: 4096 bytes at 16384: NOT FLUSHED, ON DISK
dd if=/dev/null of=crash.img bs=1 seek=94208 count=0 2>/dev/null # the file's size

# What comes of it:
# Each of these would be right: 0x0, 0x13.
reads_as 0 0 4096 && not_shown
reads_as 19 0 4096 && not_shown
io -c "read -v 0 32"
shown
