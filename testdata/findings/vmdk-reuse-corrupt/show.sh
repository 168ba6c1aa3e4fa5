#!/bin/sh
# vmdk: corrupt. Found with QEMU 7.2.22.
#
# ERROR: cluster offset for sector 10240 points after EOF
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
io() { qemu-io --image-opts "$@" "driver=vmdk,file.driver=file,file.filename=crash.img"; }
check() { qemu-img check -f vmdk "$@" crash.img; }
reads_as() { ! io -c "read -q -P $1 $2 $3" 2>&1 | grep -Eq "failed|can't"; }
shown() { echo "SHOWN: vmdk: corrupt"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
#   write 65536 bytes of zeroes or a discard at 3 MiB (under way)
#   write 4096 bytes of 0x12 at 5 MiB (under way)

# What was written:
# entry 0: 61440 bytes at 200704: not flushed, lost
# entry 1: 4096 bytes at 196608: not flushed, lost
put 132 31 1 # entry 2: 512 bytes at 15872: NOT FLUSHED, ON DISK
dd if=/dev/null of=crash.img bs=1 seek=196608 count=0 2>/dev/null # the file's size

# What comes of it:
# Opening for writing repairs what the driver itself knows of; then all must be well.
io -c quit
check && not_shown
shown
