"""Stock by product."""


def take(stock, product, count):
    """The stock after taking some of a product; the old one stays as it was."""
    after = dict(stock)
    after[product] = after.get(product, 0) - count
    if after[product] == 0:
        del after[product]
    return after


def put(stock, product, count):
    """The stock after putting some in."""
    return {**stock, product: stock.get(product, 0) + count}
