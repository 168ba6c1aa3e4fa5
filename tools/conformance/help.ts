/** The text of `--help`. */
export const HELP =
  `Test implementations of QED: what they make of images that are good, of images that
break a rule, and what this library makes of the images that they write.

usage: deno task conformance [OPTIONS]

options:
  --adapter NAME|FILE   test this implementation; may be given several times
                        (qed and qemu-img if not given; FILE ends with .json)
  --only PATTERN        only the tests whose name has this in it; * stands for anything
  --list                list the tests and what must come out, and run none
  --json                print JSON
  --junit FILE          write JUnit XML too
  --markdown            print what docs/conformance.md has of the implementation
  --export FOLDER       write the files of all cases there, and run nothing
  --jobs N              how many cases at a time (2)
  --seconds N           how long a command may run (60)
  --help                print this

An implementation that is not installed is left out, and said so; with POWERCUT_REQUIRE_ALL=1
that is a failure. How to describe another implementation: docs/conformance.md.

exit codes:
  0  everything came out as it must, or as the adapter says it is known to
  1  something did not, or an implementation that was asked for is not there
  2  the command line, or an adapter, is wrong

examples:
  deno task conformance
  deno task conformance --adapter my-qed.json --junit results.xml
  deno task conformance --adapter qemu-img --only 'dirty/*: repair'
`;
