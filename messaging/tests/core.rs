//! What the core plans, step by step; that the plans are right together is the simulation's.

use std::time::Duration;

use messaging::core::{
    BreakerLimits, Core, Delivered, Delivery, Epoch, Failure, Key, Limits, OnDeadLetter, PartitionId, Policy,
    Step, Takeover, Verdict, Work,
};

fn partition(number: i32) -> PartitionId {
    PartitionId::new("orders", number)
}

fn core(limits: Limits, partitions: i32) -> Core<()> {
    let policy = Policy {
        base: Duration::from_millis(10),
        cap: Duration::from_millis(10),
        attempts: 3,
        on_dead_letter: OnDeadLetter::Continue,
    };
    let mut core = Core::new(policy, limits, BreakerLimits::default(), 1);
    for number in 0..partitions {
        let takeover = Takeover {
            epoch: Epoch(1),
            next_offset: 0,
            suspects: 0,
            parked: Vec::new(),
        };
        core.assign(partition(number), takeover, 0);
    }
    core
}

fn record(offset: i64, bytes: usize) -> Delivery<()> {
    Delivery {
        offset,
        // Each has a key of its own.
        key: Key::new(Some(&offset.to_be_bytes()), offset),
        bytes,
        verdict: Verdict::Handle,
        payload: (),
    }
}

/// Offsets of a batch, and which of them are parked.
fn batch(work: &Work<()>) -> (Vec<i64>, Vec<i64>) {
    let Work::Batch(entries) = work else {
        panic!("a batch: {work:?}")
    };
    let parked = entries.iter().filter(|it| matches!(it.step, Step::Park { .. }));
    (
        entries.iter().map(|it| it.record.offset).collect(),
        parked.map(|it| it.record.offset).collect(),
    )
}

#[test]
fn a_failure_costs_one_more_run_of_what_stood_before_it() {
    let mut core = core(Limits::default(), 1);
    for offset in 0..10 {
        core.deliver(&partition(0), record(offset, 1));
    }
    let work = core.next(0).expect("there is work");
    core.failed(work, 4, Failure::Retriable, 0);
    let work = core.next(0).expect("there is work");
    assert_eq!(batch(&work), (vec![0, 1, 2, 3, 4], vec![4]));
    core.committed(work, 0);
    // What stands behind it runs for the first time; the next failure costs nothing that was done.
    let rest = loop {
        match core.next(0).expect("there is work") {
            work @ Work::Batch(_) => break work,
            other => core.unavailable(other),
        }
    };
    assert_eq!(batch(&rest), ((5..10).collect(), vec![]));
}

#[test]
fn what_a_batch_did_not_come_to_is_handed_out_again() {
    let mut core = core(Limits::default(), 1);
    for offset in 0..6 {
        core.deliver(&partition(0), record(offset, 1));
    }
    let mut work = core.next(0).expect("there is work");
    assert_eq!(work.progress(2)[0].2, 2, "progress is of what it came to");
    core.cut(&mut work, 2);
    core.committed(work, 0);
    let held: Vec<i64> = core.held().map(|(.., next)| next).collect();
    assert_eq!(held, [2]);
    let work = core.next(0).expect("there is work");
    assert_eq!(batch(&work).0, [2, 3, 4, 5]);
}

#[test]
fn queues_are_bounded_in_bytes_and_each_partition_has_its_share() {
    let limits = Limits {
        queue_bytes: 1000,
        ..Limits::default()
    };
    let mut core = core(limits, 2);
    let mut offset = 0;
    while core.wants(&partition(0)) {
        assert_eq!(
            core.deliver(&partition(0), record(offset, 120)),
            Delivered::Queued
        );
        offset += 1;
    }
    assert_eq!(offset, 5, "half of 1000 bytes, and one record beyond it at most");
    assert!(
        core.wants(&partition(1)),
        "one that does not move leaves the other its share"
    );
    core.deliver(&partition(1), record(0, 5000));
    assert!(!core.wants(&partition(1)), "a single larger record still fits");
    let work = core.next(0).expect("there is work");
    core.committed(work, 0);
    assert!(core.wants(&partition(0)) && core.wants(&partition(1)));
}

#[test]
fn a_record_that_is_parked_is_not_parked_again_when_it_is_read_again() {
    let mut core = core(Limits::default(), 1);
    core.deliver(&partition(0), record(0, 1));
    let work = core.next(0).expect("there is work");
    core.failed(work, 0, Failure::Retriable, 0);
    let work = core.next(0).expect("there is work");
    core.committed(work, 0);
    assert_eq!(core.parked(&partition(0)), 1);
    // Its owner takes the partition over again, at an offset that was set by hand.
    let row = messaging::core::ParkedRow {
        offset: 0,
        key: record(0, 1).key,
        attempts: 1,
        delay: 5,
        held: false,
    };
    let takeover = Takeover {
        epoch: Epoch(2),
        next_offset: 0,
        suspects: 0,
        parked: vec![row],
    };
    core.assign(partition(0), takeover, 0);
    core.deliver(&partition(0), record(0, 1));
    let Some(Work::Batch(entries)) = core.next(0) else {
        panic!("a batch")
    };
    assert_eq!(entries[0].step, Step::Skip);
    core.committed(Work::Batch(entries), 0);
    assert_eq!(core.parked(&partition(0)), 1);
    let due = core.next(5).expect("it is due");
    assert!(
        matches!(
            due,
            Work::Attempt {
                offset: 0,
                attempt: 2,
                ..
            }
        ),
        "{due:?}"
    );
    core.committed(due, 5);
    assert_eq!(core.parked(&partition(0)), 0);
    assert!(core.next(100).is_none(), "nothing is left");
}
