def main(rows):
    for row in rows:
        print(row)
        print(-row)  # @resume


main([1, 2])
