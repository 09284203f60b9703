def main(rows):
    scale = 10
    for row in rows:
        print(row * scale / 0)  # @crash


main([1, 2])
