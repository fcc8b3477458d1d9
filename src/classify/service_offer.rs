//! What a Region offers for a service that VPCs call: looked up once for each service and the Region in
//! its names, however many VPCs call it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use hashbrown::HashMap;

use crate::model::{
    classified::ServiceNames,
    id::Region,
    shared_text::{SharedText, TextPool},
};

/// A service and what is offered for it.
#[derive(Clone, Debug)]
pub(super) struct ServiceOffer {
    pub(super) names: Arc<ServiceNames>,
    /// `Gateway`, `Interface`; sorted.
    pub(super) endpoint_types: Arc<[String]>,
    /// Whether an endpoint service is offered; none if the Region could not be asked.
    pub(super) supported: Option<bool>,
}

/// The services that were looked up, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceOffers(Rc<OfferCache>);

#[derive(Debug, Default)]
struct OfferCache {
    texts: TextPool,
    /// By the Region of the VPCs that call the service, and the Region in the names.
    offers: RefCell<HashMap<SharedText, Vec<(Region, ServiceOffer)>>>,
}

impl ServiceOffers {
    /// The offer for a service that VPCs of a Region call by names of some Region, or of none.
    /// `look_up`: the name of the endpoint service, its types, and whether there is one.
    pub(super) fn of(
        &self,
        here: &Region,
        service: &str,
        service_region: Option<&str>,
        look_up: impl FnOnce() -> (Option<String>, Vec<String>, Option<bool>),
    ) -> ServiceOffer {
        let mut offers = self.0.offers.borrow_mut();
        let known = offers.get(service).into_iter().flatten();
        let mut known = known.filter(|(region, it)| {
            region == here && it.names.service_region.as_deref() == service_region
        });
        if let Some((_, offer)) = known.next() {
            return offer.clone();
        }
        let (name, types, supported) = look_up();
        let share = |text: &str| self.0.texts.share(text);
        let offer = ServiceOffer {
            names: Arc::new(ServiceNames {
                service: share(service),
                service_region: service_region.map(share),
                in_own_region: service_region == Some(here.as_str()),
                endpoint_service_name: name.as_deref().map(share),
            }),
            endpoint_types: types.into(),
            supported,
        };
        let of_service = offers.entry(offer.names.service.clone()).or_default();
        of_service.push((here.clone(), offer.clone()));
        offer
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_service_is_looked_up_once_for_each_region_in_its_names() {
        let (offers, asked) = (ServiceOffers::default(), Cell::new(0));
        let here: Region = "eu-west-1".parse().unwrap();
        let there: Region = "us-east-1".parse().unwrap();
        let offer = |here: &Region, service: &'static str, region: Option<&'static str>| {
            offers.of(here, service, region, || {
                asked.set(asked.get() + 1);
                let types = vec!["Interface".to_owned()];
                (
                    region.map(|it| format!("{it}.{service}")),
                    types,
                    Some(true),
                )
            })
        };
        for _ in 0..2 {
            let own = offer(&here, "sqs", Some("eu-west-1"));
            assert_eq!(
                own.names.endpoint_service_name.as_deref(),
                Some("eu-west-1.sqs")
            );
            assert_eq!(own.names.service_region.as_deref(), Some("eu-west-1"));
            assert_eq!(offer(&here, "sqs", None).names.endpoint_service_name, None);
        }
        assert_eq!(asked.get(), 2);
        offer(&there, "sqs", None);
        offer(&here, "sns", None);
        assert_eq!(asked.get(), 4);
    }
}
