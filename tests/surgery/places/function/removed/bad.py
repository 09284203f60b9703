other = 1  # @refuse DFU0009
