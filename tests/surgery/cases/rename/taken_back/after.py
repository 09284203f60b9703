def main(rows):
    count = len(rows)
    print(count.value)  # @crash @resume
    print("end", count)


main([1, 2])
