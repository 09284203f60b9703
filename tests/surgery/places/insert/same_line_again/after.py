def f():
    step()
    step()  # @resume
    step()
    step()
    end()
