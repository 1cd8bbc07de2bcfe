"""Measure everything, or the sections that are named, each in a process of its own; then write the report.

python -m benchmarks                      all sections
python -m benchmarks depth probe          only these; the others keep what was measured before
python -m benchmarks --quick              few epochs and samples, to see that everything works
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import RESULTS, write_report
from benchmarks.sections import NAMES, build_parser


def main() -> int:
    """Measure; 1 where a section failed."""
    parser = build_parser(__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="SECTION", help=f"one of {', '.join(NAMES)}; all where none is named"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no section {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    passed_on = [*(["--quick"] if options.quick else []), *(["--data", str(options.data)] if options.data else [])]
    failed = []
    for name in options.names or NAMES:
        print(f"Measuring {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *passed_on], check=False).returncode:
            failed.append(name)
    text = write_report(is_quick=options.quick)
    print(text if options.quick else f"{text}\nWritten to {RESULTS}")
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
