def main(rows):
    t = 0
    for r in rows:
        t += r
        print(t.value)  # @crash
    return t


print(main([1, 2]))
