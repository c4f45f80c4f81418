//! `Chain`: what was made of a data set for a few days, kept as long as the data set.

use std::sync::OnceLock;

/// Values by key in a list that only grows, so that views can borrow from it without a lock.
pub(super) struct Chain<K, V>(OnceLock<Box<Node<K, V>>>);

struct Node<K, V> {
    key: K,
    value: V,
    next: Chain<K, V>,
}

impl<K, V> Default for Chain<K, V> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

/// One node after the other: a long list dropped by recursion would overflow the stack.
impl<K, V> Drop for Chain<K, V> {
    fn drop(&mut self) {
        let mut rest = self.0.take();
        while let Some(mut node) = rest {
            rest = node.next.0.take();
        }
    }
}

impl<K: PartialEq + Copy, V> Chain<K, V> {
    /// The value of a key, made where it is not there yet. Two threads may make it at the same time; one
    /// of the two equal values is then kept.
    pub(super) fn get(&self, key: K, make: impl Fn() -> V) -> &V {
        let mut chain = self;
        loop {
            match chain.0.get() {
                Some(node) if node.key == key => return &node.value,
                Some(node) => chain = &node.next,
                None => _ = chain.0.set(Box::new(Node { key, value: make(), next: Self::default() })),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_dropped_without_recursion() {
        let mut chain = Chain::<u32, u32>::default();
        for key in 0..1_000_000 {
            chain = Chain(OnceLock::from(Box::new(Node { key, value: key, next: chain })));
        }
        assert_eq!(*chain.get(999_999, || 0), 999_999);
    }
}
