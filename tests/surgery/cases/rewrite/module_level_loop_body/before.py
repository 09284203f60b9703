rows = ["1", "x", "3"]
for row in rows:
    print("row", row)
    number = int(row)  # @crash
    print("number", number)
print("end")
