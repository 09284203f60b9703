"""What a program sees of its own names."""
import builtins
import inspect

X = "global"


def looked(a, *rest, **named):
    for i in range(1):
        with open(__file__) as file:
            try:
                b = i
                print(sorted(locals()), sorted(vars()), dir())
                print(sorted(inspect.currentframe().f_code.co_varnames[:3]))
                print({**locals()}.keys() == vars().keys(), len(locals()))
                print("{a} {b}".format(**locals()), "%(a)s" % vars())
            finally:
                found = locals()
                del file
                print(sorted(found.keys() - {"file", "found"}), "file" in locals())
    exec("made = a + 1; print(made)")
    print(eval("a + i"), eval("X"), eval("[x for x in rest]", globals(), locals()))
    space = {}
    exec("for i in range(3): j = i\ndef f(): return j", space)
    print(space["f"](), sorted(space))
    del b, i
    print(sorted(locals()))
    return locals()


def shadowed(locals, vars=dict, dir=lambda *a: ["mine"]):
    for i in [1]:
        return locals(), vars(a=1), dir(), dir(i)


class Scope:
    first = 1
    print(sorted(locals()), sorted(vars()), dir())
    for second in range(2):
        with open(__file__):
            third = sorted(locals())
    print(third, sorted(vars()))

    def method(self):
        x = 1
        return [sorted(locals()) for _ in range(1)], (lambda y: locals())(2), super().__repr__() != x


def scoped():
    class Inner:
        a = 1
        for b in [1]:
            c = locals()
        names = sorted(c)
    return Inner.names, dir(), vars(Inner).keys()


def generator():
    for i in range(2):
        yield sorted(locals())


def unbound(flag):
    if flag:
        value = 1
    try:
        return value
    except UnboundLocalError as error:
        return str(error), sorted(locals())


def deleted():
    try:
        raise KeyError("x")
    except KeyError as e:
        print(sorted(locals()))
    try:
        return e
    except NameError as error:
        return str(error)


print(sorted(looked(1, 2, key=3)))
print(shadowed(lambda: "mine"))
print(Scope().method()[:2], scoped(), list(generator()), unbound(0), unbound(1), deleted())
for index in range(2):
    with open(__file__):
        print(sorted(n for n in globals() if "daifu" in n), dir() == sorted(globals()))
print([n for n in dir(builtins) if "daifu" in n] in ([], ["__daifu__"]))
print([n for n in vars(builtins) if n.startswith("_")][:2], "__daifu__" in globals())
try:
    print(undefined_name)
except NameError as error:
    print(error, error.name)
