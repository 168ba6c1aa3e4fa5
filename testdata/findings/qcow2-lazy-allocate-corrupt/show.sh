#!/bin/sh
# qcow2-lazy: corrupt. Found with QEMU 7.2.22.
#
# qemu-img check finds 1 corruptions
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
shown() { echo "SHOWN: qcow2-lazy: corrupt"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
#   write 4096 bytes of 0x11 at 1 MiB
#   flush
#   write 4096 bytes of 0x12 at 2 MiB
#   write 4096 bytes of 0x13 at 9 MiB
#   flush (under way)

# What was written:
put 2 48 8 # entry 0: 4096 bytes at 24576: flushed
put 11 0 1 # entry 1: 512 bytes at 0: flushed
put 14 32 8 # entry 3: 4096 bytes at 16384: flushed
put 24 16 8 # entry 5: 4096 bytes at 8192: flushed
put 34 56 8 # entry 7: 4096 bytes at 28672: flushed
put 44 24 1 # entry 9: 512 bytes at 12288: flushed
put 47 64 8 # entry 11: 4096 bytes at 32768: flushed
put 56 16 8 # entry 12: 4096 bytes at 8192: flushed
put 66 72 8 # entry 14: 4096 bytes at 36864: flushed
put 75 56 8 # entry 15: 4096 bytes at 28672: flushed
put 85 24 1 # entry 17: 512 bytes at 12288: flushed
# entry 19: 4096 bytes at 40960: not flushed, lost
put 97 72 8 # entry 20: 4096 bytes at 36864: NOT FLUSHED, ON DISK
dd if=/dev/null of=crash.img bs=1 seek=40960 count=0 2>/dev/null # the file's size

# What comes of it:
# Opening for writing repairs what the driver itself knows of; then all must be well.
io -c quit
check && not_shown
shown
