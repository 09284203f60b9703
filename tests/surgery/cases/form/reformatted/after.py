def main(rows):
    """Prints."""  # @warn DFU1002
    # A comment.
    found = [
        int(row)
        for row in rows
        if row
    ]
    print(len(found))
    print(
        found[-1],
    )  # A comment.


main(["1", "", "2"])
