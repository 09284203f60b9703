rows = ["1", "x", "3"]
for row in rows:
    print("row", row)
    try:  # @resume
        number = int(row)
    except ValueError as error:
        number = -1
        print(error)
    print("number", number)
print("end")
