import sys

if sys:
    rows = [1, 2]
    print("rows", rows)
    rows.append(3)  # @resume
    print(rows[2])
    print("end")
