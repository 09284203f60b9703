def f():
    step()
    step()  # @crash
    step()
    end()
