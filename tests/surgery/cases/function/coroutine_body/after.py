import asyncio


async def fetch(n):
    await asyncio.sleep(0)
    print("fetched", n)
    await asyncio.sleep(0)  # @resume
    return n * 10


async def main():
    for n in (1, 2):
        print(await fetch(n))


asyncio.run(main())
