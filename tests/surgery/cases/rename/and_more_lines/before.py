def main(rows):
    out = []
    for r in rows:
        a = r * 2
        out.append(a)
        print(a, out.size)  # @crash
    return out


print(main([1, 2]))
