"""Orders to SQLite with the standard library: the script that one writes without a framework.

The same typed columns, the same four rules, rows set aside to a file, a digest of the input, one durable transaction.
Usage: peer_sqlite.py orders.csv out.db append|merge
"""
import csv
import hashlib
import json
import re
import sqlite3
import sys
from datetime import date

source, target, disposition = sys.argv[1:4]
CATEGORIES = {"books", "garden", "kitchen", "music", "office", "sports", "tools", "toys"}
EMAIL = re.compile(r"^[^@ ]+@[^@ ]+$")

database = sqlite3.connect(target)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
key = " PRIMARY KEY" if disposition == "merge" else ""
database.execute(
    f"CREATE TABLE orders (id INTEGER{key}, name TEXT, email TEXT, ordered_on TEXT, amount REAL, category TEXT,"
    " quantity INTEGER, note TEXT)"
)
insert = "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
if disposition == "merge":
    insert += (
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email,"
        " ordered_on = excluded.ordered_on, amount = excluded.amount, category = excluded.category,"
        " quantity = excluded.quantity, note = excluded.note"
    )

digest = hashlib.sha256()


def lines(file):
    for line in file:
        digest.update(line)
        yield line.decode()


batch = []
read = kept = 0
with open(source, "rb") as file, open(target + ".bad.jsonl", "w") as bad:
    rows = csv.reader(lines(file))
    next(rows)
    for row in rows:
        read += 1
        why = None
        try:
            identity, name, email, day, amount, category, quantity, note = row
            identity, amount, quantity = int(identity), float(amount), int(quantity)
            date.fromisoformat(day)
            if email == "" or day == "":
                why = "required"
            elif not 0 <= amount <= 100000:
                why = "range"
            elif category not in CATEGORIES:
                why = "enum"
            elif EMAIL.match(email) is None:
                why = "regex"
        except ValueError as error:
            why = str(error)
        if why is not None:
            bad.write(json.dumps({"why": why, "row": row}) + "\n")
            continue
        kept += 1
        batch.append((identity, name, email, day, amount, category, quantity, note))
        if len(batch) == 5000:
            database.executemany(insert, batch)
            batch.clear()
database.executemany(insert, batch)
database.commit()
database.close()
print(json.dumps({"read": read, "kept": kept, "digest": digest.hexdigest()}))
