import sys

if sys:
    rows = [1, 2]
    print("rows", rows)
    print(rows[2])  # @crash
    print("end")
