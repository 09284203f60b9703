def main(options):
    if options.get("verbose"):  # @resume
        print("loud")
    print("end")


main({"verbose": True})
