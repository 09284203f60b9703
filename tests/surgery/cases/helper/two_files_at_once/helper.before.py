def parse(text):
    print("parse", text)
