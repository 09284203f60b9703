def clean(lines):
    for line in lines:
        if isinstance(line, bytes):  # @resume
            line = line.decode()
        print(line.strip().lower() + "!")


clean(["A ", b"B "])
