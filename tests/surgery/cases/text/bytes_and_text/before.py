def clean(lines):
    for line in lines:
        print(line.strip().lower() + "!")  # @crash


clean(["A ", b"B "])
