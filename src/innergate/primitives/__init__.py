"""The smallest words of the product: ids, ARNs, addresses, time, digests, secrets, faults. Standard library only.

Every other package may import these modules; they import nothing of the product but each other.
"""
