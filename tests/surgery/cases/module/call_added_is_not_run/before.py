def main():
    print("start")
    print(settings["x"])  # @crash


settings = {}
main()
