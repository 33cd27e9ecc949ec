//! Checks the books: the generator's journal against what a plain reader finds in the topics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract_events::Envelope;
use messaging::Store;
use messaging::names;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};

use crate::events::{Adjusted, Order};
use crate::generator::Journal;
use crate::harness::{Names, PARTITIONS};
use crate::roles::{Databases, STOCK};

pub struct Books<'a> {
    pub servers: &'a str,
    pub databases: &'a Databases,
    pub names: &'a Names,
    pub journal: &'a Journal,
    pub garbage: u64,
}

struct Record {
    partition: i32,
    offset: i64,
    value: Vec<u8>,
    headers: BTreeMap<String, String>,
}

pub fn reader(servers: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "oracle")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .create()
        .expect("a reader")
}

/// Everything in a topic, in the order of each partition; nothing while the broker is away.
fn read(servers: &str, topic: &str) -> Option<Vec<Record>> {
    let consumer = reader(servers);
    let mut all = Vec::new();
    for partition in 0..PARTITIONS {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Beginning)
            .ok()?;
        consumer.assign(&list).ok()?;
        loop {
            match consumer.poll(Duration::from_secs(10))? {
                Ok(message) => all.push(record(&message)),
                Err(KafkaError::PartitionEOF(_)) => break,
                Err(_) => return None,
            }
        }
    }
    Some(all)
}

fn record(message: &BorrowedMessage<'_>) -> Record {
    let mut headers = BTreeMap::new();
    if let Some(found) = message.headers() {
        for header in found.iter() {
            let value = String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned();
            headers.insert(header.key.to_owned(), value);
        }
    }
    let value = message.payload().unwrap_or_default().to_vec();
    Record {
        partition: message.partition(),
        offset: message.offset(),
        value,
        headers,
    }
}

type Place = (String, i64);

/// What stands in the topic of orders: ids by order, and where the garbage is.
struct Published {
    ids: BTreeMap<Place, BTreeSet<String>>,
    garbage: BTreeSet<(i32, i64)>,
}

impl Published {
    fn of(records: &[Record]) -> Self {
        let mut published = Self {
            ids: BTreeMap::new(),
            garbage: BTreeSet::new(),
        };
        for record in records {
            if let Ok(event) = Envelope::<Order>::decode_strict(&record.value) {
                let place = (event.data.order_id, event.data.number);
                let ids = published.ids.entry(place).or_default();
                ids.insert(event.attributes.id.as_str().to_owned());
            } else {
                published.garbage.insert((record.partition, record.offset));
            }
        }
        published
    }
}

/// How orders ended.
#[derive(Default)]
struct Ended {
    /// Ids of the effects' events; one that was sent again keeps its id.
    effects: BTreeMap<Place, BTreeSet<String>>,
    /// Numbers of each key, in the order of their first event.
    sequence: BTreeMap<String, Vec<i64>>,
    buried: BTreeSet<Place>,
    buried_garbage: BTreeSet<(Option<i64>, Option<i64>)>,
    reasons: BTreeMap<String, usize>,
}

impl Ended {
    fn of(adjusted: &[Record], dead: &[Record]) -> Self {
        let mut ended = Self::default();
        for record in adjusted {
            let event = Envelope::<Adjusted>::decode_strict(&record.value)
                .expect("inventory publishes what it should");
            let place = (event.data.order_id, event.data.number);
            let ids = ended.effects.entry(place.clone()).or_default();
            if ids.is_empty() {
                ended.sequence.entry(place.0).or_default().push(place.1);
            }
            ids.insert(event.attributes.id.as_str().to_owned());
        }
        for record in dead {
            if let Ok(event) = Envelope::<Order>::decode_strict(&record.value) {
                if ended.buried.insert((event.data.order_id, event.data.number)) {
                    *ended
                        .reasons
                        .entry(record.headers[names::DEAD_CLASS].clone())
                        .or_default() += 1;
                }
            } else {
                let number = |name: &str| record.headers.get(name).and_then(|text| text.parse::<i64>().ok());
                ended
                    .buried_garbage
                    .insert((number(names::DEAD_PARTITION), number(names::DEAD_OFFSET)));
            }
        }
        ended
    }
}

/// Everything that is wrong with the books at this moment.
pub fn check(runtime: &tokio::runtime::Runtime, books: &Books<'_>) -> Vec<String> {
    let Books {
        servers,
        names,
        journal,
        ..
    } = books;
    let dead_topic = names::dead_letter_topic(&names.orders, &names.group);
    let (Some(orders), Some(adjusted), Some(dead)) = (
        read(servers, &names.orders),
        read(servers, &names.adjusted),
        read(servers, &dead_topic),
    ) else {
        return vec!["the topics cannot be read".into()];
    };
    let published = Published::of(&orders);
    let ended = Ended::of(&adjusted, &dead);
    let expected: BTreeSet<Place> = journal
        .iter()
        .flat_map(|(key, numbers)| (0_i64..).zip(numbers).map(|(number, _)| (key.clone(), number)))
        .collect();
    let Published { ids, garbage } = &published;
    let Ended {
        effects,
        sequence,
        buried,
        buried_garbage,
        reasons,
    } = &ended;
    let count = |wrong: &dyn Fn(&Place) -> bool| expected.iter().filter(|place| wrong(place)).count();
    let sent = usize::try_from(books.garbage).expect("few");
    let mut problems: Vec<String> = [
        (
            "accepted orders are not in the topic",
            count(&|it| !ids.contains_key(it)),
        ),
        (
            "orders in the topic were not accepted",
            ids.keys().filter(|it| !expected.contains(*it)).count(),
        ),
        (
            "orders were published as two events",
            ids.values().filter(|ids| ids.len() > 1).count(),
        ),
        (
            "more or fewer records of garbage than were sent",
            garbage.len().abs_diff(sent),
        ),
        (
            "records of garbage are not dead letters",
            garbage.len().abs_diff(buried_garbage.len()),
        ),
        (
            "orders in neither place",
            count(&|it| !effects.contains_key(it) && !buried.contains(it)),
        ),
        (
            "orders in both places",
            count(&|it| effects.contains_key(it) && buried.contains(it)),
        ),
        (
            "orders with two effects",
            count(&|it| effects.get(it).is_some_and(|ids| ids.len() > 1)),
        ),
        (
            "orders in effect though never accepted",
            effects.keys().filter(|it| !expected.contains(*it)).count(),
        ),
        (
            "keys out of order",
            sequence.values().filter(|numbers| !numbers.is_sorted()).count(),
        ),
    ]
    .into_iter()
    .filter(|(_, wrong)| *wrong > 0)
    .map(|(what, wrong)| format!("{wrong} {what}"))
    .collect();
    let filled: i64 = journal
        .iter()
        .flat_map(|(key, numbers)| (0_i64..).zip(numbers).map(move |(number, it)| (key, number, it)))
        .filter(|(key, number, _)| effects.contains_key(&((*key).clone(), *number)))
        .map(|(_, _, (quantity, _))| quantity)
        .sum();
    problems.extend(runtime.block_on(databases(books.databases, filled)));
    if problems.is_empty() {
        println!(
            "{} effects, dead letters {reasons:?}, {} records of garbage",
            effects.len(),
            garbage.len()
        );
    }
    problems
}

async fn databases(databases: &Databases, filled: i64) -> Vec<String> {
    let look = async {
        let mut problems = Vec::new();
        for url in [&databases.orders, &databases.inventory] {
            let store = Store::open(url).await?;
            let mut tx = store.begin().await?;
            let (depth, _) = messaging::ledger::depth(&mut tx).await?;
            if depth > 0 {
                problems.push(format!("{depth} rows wait in an outbox"));
            }
            let parked = tx.query("SELECT COUNT(*) FROM parked", &[]).await?[0].integer(0)?;
            if parked > 0 {
                problems.push(format!("{parked} records are parked"));
            }
        }
        let store = Store::open(&databases.inventory).await?;
        let mut tx = store.begin().await?;
        let left = tx.query("SELECT quantity FROM stock", &[]).await?[0].integer(0)?;
        if STOCK - left != filled {
            problems.push(format!(
                "{} taken from stock, {filled} in orders in effect",
                STOCK - left
            ));
        }
        Ok::<_, messaging::store::StoreError>(problems)
    };
    look.await.unwrap_or_else(|error| vec![error.to_string()])
}
