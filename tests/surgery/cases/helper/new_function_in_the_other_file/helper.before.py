def thrice(n):
    return 3 * n
