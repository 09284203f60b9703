# Differs: the failed attempt has taken the width out of the options.
def build(kind, **options):
    print("build", kind)
    options.setdefault("width", 2)  # @resume
    return {"linear": dict}[kind](**options)


print(build("linear", width=2, depth=3))
