def main(options):
    if options.verbose:  # @crash
        print("loud")
    print("end")


main({"verbose": True})
