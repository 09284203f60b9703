def build(kind, **options):
    print("build", kind)
    return {"linear": dict}[kind](width=options.pop("width"), depth=options["depht"])  # @crash


print(build("linear", width=2, depth=3))
