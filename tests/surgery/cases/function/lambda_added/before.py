def main(rows, weights):
    print("start")
    print(rows.sort(weights))  # @crash


main(["a", "b"], {"a": 2, "b": 1})
