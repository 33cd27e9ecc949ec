//! Holding back Ctrl-C while files are being renamed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// While it lives, Ctrl-C and requests to terminate are noted instead of obeyed; then they are obeyed.
pub(super) struct DeferSignals {
    asked: Arc<AtomicUsize>,
    registered: Vec<signal_hook::SigId>,
}

const SIGNALS: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];

impl DeferSignals {
    /// From now on.
    pub(super) fn new() -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let registered = SIGNALS
            .iter()
            .filter_map(|signal| {
                let number = usize::try_from(*signal).ok()?;
                signal_hook::flag::register_usize(*signal, Arc::clone(&asked), number).ok()
            })
            .collect();
        Self { asked, registered }
    }
}

impl Drop for DeferSignals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            signal_hook::low_level::unregister(id);
        }
        // Without this the process would ignore the signal from now on.
        let noted = i32::try_from(self.asked.load(Ordering::SeqCst)).unwrap_or_default();
        for signal in SIGNALS {
            if signal == noted {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    }
}
