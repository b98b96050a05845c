"""Other honest solutions of exercise 2: what its text invites, in the words of the notebook."""

from autograde_tests.cases import Variant

_NOTEBOOK = "classifier_reweighting"
_SIZES = "N_HIDDEN, DROPOUT, WEIGHT_DECAY, PATIENCE = 128, 0.15, 1e-2, 6"
_RATES = "N_EPOCHS, BATCH_SIZE, LEARNING_RATE = 16, 1024, 8e-3"
_FIT = """    history = training.fit(
        model,
        loss_fn,
        labelled(train),
        labelled(validation),
        n_epochs=n_epochs,
        batch_size=BATCH_SIZE,
        lr=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY if regularised else 0.0,
        patience=PATIENCE if regularised else None,
        seed=SEED,
        label="regularised" if regularised else "not regularised",
    )
"""
_OWN_LOOP = """    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, labels, weights = labelled(train)
    for _ in range(n_epochs // 2):
        for batch in torch.randperm(len(x)).split(512):
            loss = loss_fn(model, x[batch], labels[batch], weights[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    history = training.History()
    history.validation_loss.append(loss.item())
"""
_LOGIT = "def classifier_logit(x):"
_NETWORK = """    classifier.eval()
    with torch.no_grad():
        return classifier(classifier_inputs(x)).double().cpu().numpy()
"""
_TREES = """from sklearn.ensemble import HistGradientBoostingClassifier

_sizes = [len(train_inputs[order]) for order in ("lo", "nlo")]
trees = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=200, random_state=SEED).fit(
    every_input.cpu().numpy(),
    np.repeat([0, 1], _sizes),
    sample_weight=np.repeat(class_weights(*_sizes), _sizes),
)


def classifier_logit(x):"""
_ASK_TREES = "    return trees.decision_function(classifier_inputs(x).cpu().numpy())\n"

VARIANTS = tuple(
    Variant(_NOTEBOOK, name, changes)
    for name, changes in {
        "half as wide": ((_SIZES, _SIZES.replace("128", "64")),),
        "twice as wide": ((_SIZES, _SIZES.replace("128", "256")),),
        "two hidden layers": (("for _ in range(3):", "for _ in range(2):"),),
        "ReLU": (("nn.SiLU()", "nn.ReLU()"),),
        "slower, more dropout": (
            (_SIZES, _SIZES.replace("0.15", "0.3")),
            (_RATES, _RATES.replace("8e-3", "2e-3")),
        ),
        "no weight decay, small batches": (
            (_SIZES, _SIZES.replace("1e-2", "0.0")),
            (_RATES, _RATES.replace("1024, 8e-3", "512, 4e-3")),
        ),
        "a loop of one's own, 8 epochs of Adam": ((_FIT, _OWN_LOOP),),
        "boosted trees": (
            (_RATES, _RATES.replace("16", "1")),
            (_LOGIT, _TREES),
            (_NETWORK, _ASK_TREES),
        ),
    }.items()
)
