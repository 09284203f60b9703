# @refuse DFU0009
