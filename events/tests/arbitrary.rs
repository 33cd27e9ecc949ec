//! Values of every event of this repository: they satisfy their contracts by the `jsonschema` validator's word, survive
//! encoding, differ from each other, and shrink.

use std::collections::BTreeSet;
use std::fmt::Debug;

use arbitrary::Unstructured;
use contract_events::arbitrary::Documents;
use contract_events::{Event, json};
use proptest::arbitrary::{Arbitrary, any};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::Value;

/// How many values of each event.
const VALUES: usize = 1_000;

fn judge<T>()
where
    T: Event + Debug + Arbitrary<Parameters = Documents> + for<'a> arbitrary::Arbitrary<'a>,
{
    let schema: Value = serde_json::from_str(T::SCHEMA).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .offline()
        .build(&schema)
        .unwrap();
    let mut seen = BTreeSet::new();
    let mut take = |event: &T| {
        let written = event.encode().unwrap();
        let document: Value = serde_json::from_slice(&written).unwrap();
        if let Err(error) = validator.validate(&document) {
            panic!("{}: {document}: {error}", T::TYPE);
        }
        event.validate().unwrap();
        let read = T::decode_strict(&written).unwrap();
        let again: Value = serde_json::from_slice(&read.encode().unwrap()).unwrap();
        assert!(json::same(&document, &again), "{}: {document}", T::TYPE);
        seen.insert(written);
    };

    let mut runner = TestRunner::deterministic();
    for documents in [Documents::Emitted, Documents::Received] {
        let strategy = T::arbitrary_with(documents);
        for _ in 0..VALUES / 2 {
            take(&strategy.new_tree(&mut runner).unwrap().current());
        }
    }
    let mut state = 7_u64;
    for _ in 0..100 {
        let bytes: Vec<u8> = (0..1_024)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                state.to_be_bytes()[0]
            })
            .collect();
        take(&<T as arbitrary::Arbitrary>::arbitrary(&mut Unstructured::new(&bytes)).unwrap());
    }
    let different = seen.len();
    assert!(
        different > VALUES / 2,
        "{}: {different} different values",
        T::TYPE
    );
}

#[test]
fn values_of_every_event() {
    judge::<chat_events::MessageDeletedV1>();
    judge::<chat_events::MessageSentV1>();
    judge::<ecommerce_events::InventoryAdjustedV1>();
    judge::<ecommerce_events::InventoryRejectedV1>();
    judge::<ecommerce_events::OrderCreatedV1>();
    judge::<ecommerce_events::OrderCreatedV2>();
    judge::<ecommerce_events::OrderRejectedV1>();
    judge::<iot_events::TelemetryRawV1>();
    judge::<ml_events::OrderScoredV1>();
    judge::<social_events::PostPublishedV1>();
    judge::<social_events::PostRemovedV1>();
}

#[test]
fn what_is_emitted_declares_everything_and_what_is_received_need_not() {
    let mut runner = TestRunner::deterministic();
    let mut undeclared = |documents| {
        let strategy = ecommerce_events::OrderCreatedV2::arbitrary_with(documents);
        (0..200)
            .filter(|_| {
                let event = strategy.new_tree(&mut runner).unwrap().current();
                !event.unknown_fields().is_empty() || !event.channel.is_known()
            })
            .count()
    };
    assert_eq!(undeclared(Documents::Emitted), 0);
    assert!(undeclared(Documents::Received) > 20);
}

#[test]
fn a_failing_value_shrinks_to_a_small_one() {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&any::<ecommerce_events::OrderCreatedV2>(), |event| {
        proptest::prop_assert!(event.lines.len() < 3);
        Ok(())
    });
    let Err(TestError::Fail(_, event)) = result else {
        panic!("three lines occur: {result:?}");
    };
    assert_eq!(event.lines.len(), 3, "{event:?}");
    assert!(event.destination.region.is_none());
    assert!(event.lines.iter().all(|line| line.quantity == 1));
}
