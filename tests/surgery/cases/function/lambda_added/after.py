def main(rows, weights):
    print("start")
    print(sorted(rows, key=lambda row: weights[row]))  # @resume


main(["a", "b"], {"a": 2, "b": 1})
