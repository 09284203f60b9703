import asyncio


async def fetch(n):
    await asyncio.sleep(0)
    print("fetched", n)
    return n.body  # @crash


async def main():
    for n in (1, 2):
        print(await fetch(n))


asyncio.run(main())
