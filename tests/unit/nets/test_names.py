from hypothesis import given
from hypothesis import strategies as st

from innergate.nets.names import derive_mac, name_link_device, name_workload_device, number_tables


@given(st.text(max_size=80), st.text(max_size=80))
def test_devices_fit_the_kernel_and_do_not_depend_on_order(a: str, b: str) -> None:
    assert name_link_device(a, b) == name_link_device(b, a)
    assert max(len(name_link_device(a, b)), len(name_workload_device(a))) <= 15
    first = derive_mac(a)[0]
    assert (len(derive_mac(a)), first & 1, first & 2) == (6, 0, 2)


@given(st.sets(st.text(max_size=20)), st.text(max_size=20))
def test_tables_are_distinct_and_above_the_kernels(keys: set[str], key: str) -> None:
    numbers = number_tables({*keys, key})
    assert len(set(numbers.values())) == len(numbers)
    assert min(numbers.values()) >= 1000
    assert number_tables([key])[key] == numbers[key]
