# SPDX-License-Identifier: MIT
"""Sums up what gcovr found: lines and branches by folder and in all, a line a file into a table.

usage: coverage.py GCOVR.json TABLE.txt LEAST_LINES LEAST_BRANCHES

Not counted is the error edge of each test of a status against FM_OK: along it an error that
somebody else decided on travels to the clean-up. Where a line is nothing but such a test, both of
its edges are left out; where it is one of several conditions, one edge is, which was not taken if
there is such a one. What decides on an error counts like everything else.
Exit status 1 below the least percentages.
"""
import collections
import json
import os
import re
import sys

STATUS = re.compile(r"[!=]= *FM_OK\b")
CONDITION = re.compile(r"&&|\|\||\bfor\b")


def branches(line, text):
    """(there, taken) of one line without its error edges."""
    counts = [branch["count"] for branch in line.get("branches", [])]
    tests = len(STATUS.findall(text))
    there, taken = len(counts), sum(count > 0 for count in counts)
    if tests == 0 or there == 0:
        return there, taken
    if not CONDITION.search(text) and there == 2 * tests:
        return 0, 0
    return there - tests, min(taken, there - tests)


def measure(record):
    """Lines, reached, branches, taken of one file."""
    with open(record["file"], encoding="utf-8") as source:
        text = source.read().split("\n")
    total = [0, 0, 0, 0]
    for line in record["lines"]:
        if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
            continue
        there, taken = branches(line, text[line["line_number"] - 1])
        total = [a + b for a, b in zip(total, [1, line["count"] > 0, there, taken])]
    return total


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def row(name, sums):
    lines, reached, there, taken = sums
    return (f"{name:<32} {lines:7} {reached:8} {percent(reached, lines):6.1f} % "
            f"{there:9} {taken:7} {percent(taken, there):6.1f} %")


def main(found, table, least_lines, least_branches):
    with open(found, encoding="utf-8") as file:
        files = {record["file"]: measure(record) for record in json.load(file)["files"]}
    head = f"{'':<32} {'lines':>7} {'reached':>8} {'':8} {'branches':>9} {'taken':>7}"
    with open(table, "w", encoding="utf-8") as out:
        missing = sorted(files, key=lambda name: files[name][3] - files[name][2])
        out.write("\n".join([head] + [row(name, files[name]) for name in missing]) + "\n")
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, sums in files.items():
        for key in (os.path.dirname(name), "total"):
            folders[key] = [a + b for a, b in zip(folders[key], sums)]
    print(head)
    for name in sorted(folders, key=lambda key: (key == "total", key)):
        print(row(name, folders[name]))
    lines, reached, there, taken = folders["total"]
    low = lines == 0 or percent(reached, lines) < least_lines or percent(taken, there) < least_branches
    print(f"wanted: {least_lines:g} % of the lines, {least_branches:g} % of the branches: "
          f"{'MISSED' if low else 'reached'}")
    return int(low)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
