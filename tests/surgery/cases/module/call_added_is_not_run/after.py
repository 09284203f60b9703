# Differs: a statement that was added at module level is not run.
def main():
    print("start")
    print(settings.get("x"))  # @resume


settings = {}
settings.update(x=1)  # @warn DFU1017
main()
