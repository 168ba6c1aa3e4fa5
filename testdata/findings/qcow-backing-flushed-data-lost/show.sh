#!/bin/sh
# qcow: flushed-data-lost. Found with QEMU 7.2.22.
#
# the guest's data at 1057280 reads as zeroes, allowed: 0x10 or 0x13
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
gzip -dc "$here/backing.img.gz" > backing.img

# put FROM TO COUNT: sectors of the log to sectors of the image; zero TO COUNT: zeroes.
put() { dd if=session.log of=crash.img bs=512 skip="$1" seek="$2" count="$3" conv=notrunc 2>/dev/null; }
zero() { dd if=/dev/zero of=crash.img bs=512 seek="$1" count="$2" conv=notrunc 2>/dev/null; }
io() { qemu-io --image-opts "$@" "driver=qcow,file.driver=file,file.filename=crash.img"; }
check() { qemu-img check -f qcow "$@" crash.img; }
reads_as() { ! io -c "read -q -P $1 $2 $3" 2>&1 | grep -Eq "failed|can't"; }
shown() { echo "SHOWN: qcow: flushed-data-lost"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
#   write 512 bytes of 0x13 at 1057280 (under way)

# What was written:
put 2 34 1 # entry 0: 512 bytes at 17408: flushed
dd if=/dev/null of=crash.img bs=1 seek=34304 count=0 2>/dev/null # the file's size

# What comes of it:
# Each of these would be right: 0x10, 0x13.
reads_as 16 1057280 512 && not_shown
reads_as 19 1057280 512 && not_shown
io -c "read -v 1057280 32"
shown
