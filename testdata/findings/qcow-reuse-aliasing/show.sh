#!/bin/sh
# qcow: aliasing. Found with QEMU 7.2.22.
#
# the guest's data at 5 MiB read as zeroes; after something was written at 13 MiB it reads as 0xf1
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
io() { qemu-io --image-opts "$@" "driver=qcow,file.driver=file,file.filename=crash.img"; }
check() { qemu-img check -f qcow "$@" crash.img; }
reads_as() { ! io -c "read -q -P $1 $2 $3" 2>&1 | grep -Eq "failed|can't"; }
shown() { echo "SHOWN: qcow: aliasing"; exit 0; }
not_shown() { echo "NOT SHOWN"; exit 1; }

# What the guest did before the crash:
#   write 65536 bytes of zeroes or a discard at 3 MiB (under way)
#   write 4096 bytes of 0x12 at 5 MiB (under way)

# What was written:
put 2 0 1 # entry 0: 512 bytes at 0: flushed
dd if=/dev/null of=crash.img bs=1 seek=81920 count=0 2>/dev/null # the file's size

# What comes of it:
reads_as 0 5242880 4096 || not_shown
echo 'Now something is written elsewhere, and the same is read in the same session:'
out=$(io -c "write -q -P 240 12582912 4096" -c "write -q -P 241 13631488 4096" -c "write -q -P 242 52428800 4096" -c flush -c "read -q -P 0 5242880 4096" -c "read -v 5242880 32" 2>&1) || true
echo "$out"
case "$out" in *"Pattern verification failed"*) shown ;; *) not_shown ;; esac
