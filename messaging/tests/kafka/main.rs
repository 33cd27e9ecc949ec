//! The Kafka shell end to end: on librdkafka's mock cluster in every `cargo test`, and on a real broker as well when
//! `KAFKA_BOOTSTRAP` names one (`scripts/kafka run cargo test …` starts one).

#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; its modules see each other's items"
)]

mod bad_input;
mod batches;
mod dead_letters;
mod events;
mod faulty;
mod flow;
mod lag;
#[path = "../support/left_out.rs"]
mod left_out;
mod membership;
mod operations;
mod outages;
mod world;

use world::World;

/// Runs a test on the mock cluster and, where there is one, on a real broker.
fn on_every_broker<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        test(World::new("mock").await).await;
        match std::env::var("KAFKA_BOOTSTRAP") {
            Ok(servers) => test(World::new(&servers).await).await,
            Err(_) => left_out::left_out("everything on a real broker, KAFKA_BOOTSTRAP is not set"),
        }
    });
}

macro_rules! tests {
    ($($module:ident :: $test:ident),* $(,)?) => { $(
        #[test]
        fn $test() {
            on_every_broker($module::$test);
        }
    )* };
}

tests!(
    flow::events_have_one_effect_in_the_order_of_their_keys,
    flow::a_retry_keeps_the_order_of_its_key_and_stops_no_other,
    flow::a_restarted_subscriber_goes_on_where_the_database_says,
    flow::members_share_partitions_and_a_rebalance_repeats_nothing,
    flow::what_a_handler_publishes_is_sent_by_the_relay,
    flow::a_second_copy_of_an_event_has_no_second_effect,
    flow::a_pipeline_publishes_each_once_and_ends_poison_in_the_dead_letters,
    flow::a_pipeline_publishes_each_once_while_members_come_and_go,
    dead_letters::poison_is_dead_lettered_with_its_origin,
    dead_letters::attempts_end_in_the_dead_letters,
    dead_letters::a_held_key_waits_for_its_redrive,
    dead_letters::a_redrive_is_for_one_group_and_works_once,
    bad_input::panics_and_hangs_are_failed_attempts,
    bad_input::an_id_used_twice_is_a_conflict,
    bad_input::progress_of_another_log_stops_the_subscriber,
    bad_input::a_store_that_is_away_dead_letters_nothing,
    bad_input::too_many_dead_letters_stop_the_subscriber,
    bad_input::a_broker_that_is_away_for_a_while_loses_nothing,
    bad_input::an_event_of_ten_megabytes_is_refused_on_the_way_out,
    bad_input::a_topic_that_is_missing_is_read_once_it_is_there,
    bad_input::the_outbox_waits_for_a_dead_letter_topic,
    outages::no_broker_is_told_and_waited_for,
    outages::a_wrong_broker_is_told_and_waited_for,
    outages::a_full_disk_pauses_and_loses_nothing,
    outages::a_commit_without_an_answer_changes_nothing,
    outages::a_clock_set_back_by_a_day_delays_nothing,
    outages::more_partitions_than_declared_are_all_read,
    outages::a_dead_letter_topic_that_cannot_be_written_holds_the_outbox,
    outages::an_event_of_ten_megabytes_is_a_dead_letter_on_the_way_in,
    outages::a_damaged_store_is_refused_at_the_start,
    membership::slow_handlers_do_not_cost_a_member_its_partitions,
    membership::a_shutdown_rolls_back_what_does_not_end_in_time,
    membership::a_handler_that_blocks_its_thread_is_told_and_waited_for,
    membership::parked_records_go_with_their_partition,
    membership::a_static_member_comes_back_to_its_partitions,
    membership::a_running_subscriber_prunes_its_inbox,
    membership::a_reset_behind_parked_records_repeats_nothing,
    membership::a_handler_that_kills_its_process_ends_as_a_dead_letter,
    operations::topics_are_planned_and_applied,
    operations::lag_is_exact_whoever_runs,
    lag::lag_agrees_with_the_brokers_own_tool,
    batches::many_small_events_at_once_fit_into_a_topic_of_small_events,
    lag::markers_of_transactions_are_no_lag,
    operations::offsets_are_reset_under_a_running_member,
    operations::dead_letters_are_listed_shown_and_redriven,
);

/// What a child process runs; does nothing in a test run.
#[test]
fn role() {
    membership::role();
}
