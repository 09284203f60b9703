def depth(tree):
    if not tree:
        return 0
    print("at", tree[0])
    return 1 + max((depth(each) for each in tree[1]), default=0)  # @resume


print(depth(("a", [("b", []), None])))
