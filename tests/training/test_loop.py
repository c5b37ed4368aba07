"""The training loop against plain loops, and the independence of the members of a stack."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.minmax.objective import ObjectiveConfig
from engine.seeds import derive_seed
from engine.training.loop import train
from engine.training.schedule import TrainingConfig, snapshot_total

STD = ObjectiveConfig()
MIN_MAX = ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03)
EVERYWHERE = ObjectiveConfig(l1_strength=0.01, l2_strength=0.02, scope="all")
ONE_EPOCH = TrainingConfig(epochs=1, batch_size=32, snapshots_per_epoch=4)


def ordered(dataset, seed: int, epoch: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(derive_seed("order", seed, epoch))
    return torch.randperm(len(dataset.train_labels), generator=generator)


def batches(dataset, seed: int, training: TrainingConfig):
    """(epoch, images, labels) in the documented order, a function of seed and epoch, without a loader."""
    for epoch in range(training.epochs):
        for index in ordered(dataset, seed, epoch).split(training.batch_size):
            images = torch.from_numpy(dataset.train_images[index.numpy()]).float() / 255.0
            yield epoch, images, torch.from_numpy(dataset.train_labels[index.numpy()])


def after(steps: int):
    """An `interrupted` function that returns True after this number of steps."""
    asked = iter(range(steps + 1))
    return lambda: next(asked) >= steps


def run(state, dataset, objectives, training, seeds, **options) -> list:
    return list(train(state, dataset, objectives, training, seeds, **options))


def assert_equal_weights(state, other, member=0, other_member=0, exact=True):
    for name, value in state.stack.weights.items():
        expected = other.stack.weights[name][other_member]
        if exact:
            assert torch.equal(value[member], expected), name
        else:
            torch.testing.assert_close(value[member], expected, rtol=1e-4, atol=2e-5, msg=lambda m, n=name: f"{n}: {m}")


# against plain loops


@pytest.mark.parametrize("objective", [STD, MIN_MAX, EVERYWHERE, ObjectiveConfig(l2_strength=-0.1, scope="all")])
@pytest.mark.parametrize("neighbors", [0, 2])
def test_one_sgd_step_is_the_plain_step(digits, fresh, model_of, objective, neighbors):
    training = TrainingConfig(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.1)
    model = model_of(5)
    _, images, labels = next(batches(digits, 5, training))
    loss = F.cross_entropy(model(images), labels)
    covered = [model.conv1.weight] + ([model.conv2.weight] if objective.scope == "all" else [])
    for weights in covered:
        loss = loss + objective.l1_strength * weights.abs().sum() + objective.l2_strength * (weights**2).sum()
    loss.backward()
    state = fresh([5, *range(neighbors)], training)
    objectives = [objective, STD, MIN_MAX][: 1 + neighbors]
    run(state, digits, objectives, training, [5, *range(neighbors)], interrupted=after(1))
    assert state.step == 1
    for name, parameter in model.named_parameters():
        expected = parameter.detach() - 0.1 * parameter.grad
        torch.testing.assert_close(state.stack.weights[name][0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scope", ["conv1", "all"])
def test_a_further_penalty_trains_its_member_alone(digits, fresh, model_of, quartic, scope):
    training = TrainingConfig(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.1)
    model = model_of(5)
    _, images, labels = next(batches(digits, 5, training))
    covered = [model.conv1.weight] + ([model.conv2.weight] if scope == "all" else [])
    penalty = sum(0.5 * (weights**4).sum() for weights in covered)
    (F.cross_entropy(model(images), labels) + penalty).backward()
    state, alone = fresh([5, 0], training), fresh([0], training)
    objective = ObjectiveConfig(penalties={quartic: 0.5}, scope=scope)
    first, *_ = run(state, digits, [objective, MIN_MAX], training, [5, 0], interrupted=after(1))
    run(alone, digits, [MIN_MAX], training, [0], interrupted=after(1))
    assert first.penalty == pytest.approx(penalty.item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        expected = parameter.detach() - 0.1 * parameter.grad
        torch.testing.assert_close(state.stack.weights[name][0], expected, rtol=1e-5, atol=1e-6)
    assert_equal_weights(state, alone, member=1, exact=False)


def test_adam_is_torchs_adam_on_the_plain_module(digits, fresh, model_of):
    """Two epochs, the learning rate halved between them."""
    training = TrainingConfig(epochs=2, batch_size=32, halve_every=1, snapshots_per_epoch=1)
    model = model_of(3).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=training.learning_rate)
    for epoch, images, labels in batches(digits, 3, training):
        optimizer.param_groups[0]["lr"] = 1e-3 / 2**epoch
        optimizer.zero_grad()
        penalty = 0.02 * model.conv1.weight.abs().sum() - 0.03 * (model.conv1.weight**2).sum()
        (F.cross_entropy(model(images.double()), labels) + penalty).backward()
        optimizer.step()
    state = fresh([3], training)
    run(state, digits, [MIN_MAX], training, [3])
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(state.stack.weights[name][0].double(), parameter.detach(), rtol=1e-3, atol=1e-4)


def test_adversarial_training_updates_on_the_clean_batch_and_then_on_its_perturbed_version(
    digits, fresh, model_of, perturb
):
    training = TrainingConfig(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.05)
    model = model_of(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for batch, (_, images, labels) in enumerate(batches(digits, 1, training)):
        for attacked in (False, True):
            if attacked:
                seed = derive_seed("adversarial-training", 1, 0, batch)
                images = perturb(None, images, labels, [seed])
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
    state = fresh([1], training)
    run(state, digits, [STD], training, [1], perturb=perturb)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(state.stack.weights[name][0], parameter.detach(), rtol=1e-4, atol=1e-5)


def test_perturb_sees_what_it_was_promised(digits, fresh):
    """The stack after the clean update, flat images in [0, 1] and labels member by member, one seed each."""
    calls = []

    def watch(stack, images, labels, seeds):
        calls.append((images.clone(), labels.clone(), list(seeds)))
        return images

    training = TrainingConfig(epochs=1, batch_size=100)
    run(fresh([4, 4], training), digits, [STD, MIN_MAX], training, [4, 4], perturb=watch)
    assert [len(labels) for _, labels, _ in calls] == [200, 200, 100]
    for images, labels, _ in calls:
        half = len(labels) // 2
        assert images.shape[1:] == (1, 28, 28) and 0.0 <= images.min() and images.max() == 1.0
        assert torch.equal(images[:half], images[half:]) and torch.equal(labels[:half], labels[half:])
    assert all(first == second for _, _, (first, second) in calls), "equal members are attacked alike"
    assert len({seeds[0] for *_, seeds in calls}) == 3, "and differently at every step"


# members of a stack


@pytest.mark.parametrize("adversarial", [False, True])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_member_is_the_same_alone_and_among_eight(digits, fresh, perturb, adversarial, optimizer):
    """Members are independent over 20 steps, with different seeds and strengths."""
    training = TrainingConfig(epochs=2, batch_size=16, optimizer=optimizer, learning_rate=1e-3, snapshots_per_epoch=4)
    seeds = [0, 1, 2, 3, 4, 5, 6, 7]
    objectives = [STD, MIN_MAX, EVERYWHERE, *(ObjectiveConfig(l1_strength=k / 100) for k in range(1, 6))]
    options = {"perturb": perturb} if adversarial else {}
    together = fresh(seeds, training)
    joint = run(together, digits, objectives, training, seeds, interrupted=after(20), **options)
    for member in (0, 2, 7):
        alone = fresh([seeds[member]], training)
        own = run(alone, digits, [objectives[member]], training, [seeds[member]], interrupted=after(20), **options)
        assert alone.step == together.step == 20
        assert_equal_weights(together, alone, member, exact=False)
        shared = [snapshot for snapshot in joint if snapshot.member == member]
        assert [(s.index, s.step) for s in shared] == [(s.index, s.step) for s in own]
        for one, other in zip(shared[1:], own[1:], strict=True):
            assert one.loss == pytest.approx(other.loss, rel=1e-4)
            assert one.penalty == pytest.approx(other.penalty, rel=1e-4, abs=1e-7)


def test_members_of_one_seed_share_their_batches(digits, fresh):
    training = TrainingConfig(epochs=2, batch_size=32)
    same, different = fresh([6, 6], training), fresh([6, 7], training)
    run(same, digits, [STD, STD], training, [6, 6], interrupted=after(10))
    run(different, digits, [STD, STD], training, [6, 7], interrupted=after(10))
    for weights in same.stack.weights.values():
        torch.testing.assert_close(weights[0], weights[1], rtol=1e-5, atol=1e-6)
    first, second = different.stack.weights["fc1.weight"]
    assert (first - second).abs().max() > 0.01


def test_the_seed_orders_the_data_and_every_epoch_anew(digits, fresh):
    """With a frozen model (rate 1e-6), the loss of a snapshot is that of the documented batch."""
    training = TrainingConfig(epochs=2, batch_size=125, optimizer="sgd", learning_rate=1e-6, snapshots_per_epoch=2)
    seen = {}
    for seed in (0, 1):
        state = fresh([0], training)
        seen[seed] = [s.loss for s in run(state, digits, [STD], training, [seed])[1:]]
        model = fresh([0], training).stack.member(0)
        expected = [float(F.cross_entropy(model(x), y).detach()) for _, x, y in batches(digits, seed, training)]
        assert seen[seed] == pytest.approx(expected, abs=1e-4)
        assert abs(expected[0] - expected[2]) > 1e-3
    assert seen[0] != pytest.approx(seen[1], abs=1e-3)


# snapshots


def test_snapshots_are_complete(digits, fresh):
    training = TrainingConfig(epochs=2, batch_size=32, snapshots_per_epoch=3)
    state = fresh([0, 1], training)
    snapshots = run(state, digits, [STD, MIN_MAX], training, [0, 1])
    total = snapshot_total(training, len(digits.train_labels))
    for member in (0, 1):
        own = [snapshot for snapshot in snapshots if snapshot.member == member]
        assert [snapshot.index for snapshot in own] == list(range(total))
        assert [snapshot.step for snapshot in own] == [0, 3, 6, 8, 11, 14, 16]
        assert [snapshot.epoch for snapshot in own] == [step / 8 for step in (0, 3, 6, 8, 11, 14, 16)]
        assert own[0].loss is None and all(snapshot.loss > 0 for snapshot in own[1:])
        assert np.all(np.diff([snapshot.seconds for snapshot in own]) > 0)
        np.testing.assert_array_equal(
            own[-1].conv_weights["conv2"], state.stack.conv_weights("conv2")[member].detach().flatten()
        )
        assert not np.array_equal(own[0].conv_weights["conv1"], own[1].conv_weights["conv1"])
    assert state.snapshots == total and state.step == 16


def test_the_first_snapshot_is_the_untrained_model(digits, fresh, model_of):
    first = run(fresh([4], ONE_EPOCH), digits, [EVERYWHERE], ONE_EPOCH, [4])[0]
    model = model_of(4)
    conv = [model.conv1.weight.detach().double(), model.conv2.weight.detach().double()]
    assert first.step == 0 and first.epoch == 0.0
    np.testing.assert_array_equal(first.conv_weights["conv1"], conv[0].float().flatten())
    assert first.penalty == pytest.approx(sum(float(0.01 * w.abs().sum() + 0.02 * (w**2).sum()) for w in conv))
    logits = model(torch.from_numpy(digits.test_images).float() / 255.0)
    hits = (logits.argmax(1) == torch.from_numpy(digits.test_labels)).double().mean()
    assert first.clean_accuracy == pytest.approx(float(hits))


def test_metrics_fit_json_and_follow_from_the_weights(digits, fresh):
    snapshot = run(fresh([0], ONE_EPOCH), digits, [MIN_MAX], ONE_EPOCH, [0])[-1]
    metrics = json.loads(json.dumps(snapshot.metrics(), allow_nan=False))
    weights = snapshot.conv_weights["conv1"].astype(float)
    rho = 1 / (1 + np.abs(weights))
    assert metrics["fuzziness"]["conv1"] == pytest.approx(
        -np.mean(rho * np.log(rho) + (1 - rho) * np.log(1 - rho)), rel=1e-9
    )
    assert metrics["near_zero"]["conv1"] == int((np.abs(weights) < 0.01).sum())
    assert metrics["largest_weight"]["conv1"] == np.abs(weights).max()
    assert (metrics["snapshot"], metrics["step"], metrics["epoch"]) == (4, 8, 1.0)
    assert set(metrics["fuzziness"]) == {"conv1", "conv2"}


def test_the_loss_of_a_snapshot_is_the_mean_of_its_batches(digits, fresh, model_of):
    training = TrainingConfig(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.05, snapshots_per_epoch=2)
    model, losses = model_of(2), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _, images, labels in batches(digits, 2, training):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    snapshots = run(fresh([2], training), digits, [STD], training, [2])
    assert [s.loss for s in snapshots[1:]] == pytest.approx([np.mean(losses[:4]), np.mean(losses[4:])], rel=1e-5)


def test_the_loss_is_cross_entropy_without_penalty_on_clean_images(digits, fresh, perturb):
    training = TrainingConfig(epochs=1, batch_size=250, snapshots_per_epoch=1)
    plain = run(fresh([0], training), digits, [STD], training, [0])[-1]
    strong = ObjectiveConfig(l1_strength=5.0, l2_strength=1.0)
    penalized = run(fresh([0], training), digits, [strong], training, [0], perturb=perturb)[-1]
    assert penalized.loss == plain.loss


def test_the_model_learns(digits, fresh):
    training = TrainingConfig(epochs=8, batch_size=16, learning_rate=3e-3, snapshots_per_epoch=1)
    snapshots = run(fresh([0], training), digits, [STD], training, [0])
    assert snapshots[-1].loss < 0.3 < 2.0 < snapshots[1].loss + 1.0
    assert snapshots[-1].clean_accuracy > 0.75


# looking does not touch


def test_probing_changes_nothing(digits, fresh):
    """A probe that draws random numbers and takes gradients does not change the bits of training."""
    training = TrainingConfig(epochs=2, batch_size=32, snapshots_per_epoch=4)
    images = torch.from_numpy(digits.test_images[:8]).float() / 255.0
    asked = []

    def probe(stack):
        asked.append(True)
        with torch.random.fork_rng(devices=[]):
            noisy = (images + 0.1 * torch.rand_like(images)).requires_grad_()
            stack.select(range(stack.size)).logits(noisy).sum().backward()
        return np.array([0.25, np.nan])

    with_probe, without = fresh([0, 1], training), fresh([0, 1], training)
    torch.manual_seed(0)
    snapshots = run(with_probe, digits, [STD, MIN_MAX], training, [0, 1], probe=probe, probe_every=3)
    run(without, digits, [STD, MIN_MAX], training, [0, 1])
    for member in (0, 1):
        assert_equal_weights(with_probe, without, member, member)
    first = [snapshot.robust_accuracy for snapshot in snapshots if snapshot.member == 0]
    assert first == [0.25, None, None, 0.25, None, None, 0.25, None, 0.25], "every third, and the last"
    assert {snapshot.robust_accuracy for snapshot in snapshots if snapshot.member == 1} == {None}
    assert len(asked) == 4


def test_more_snapshots_change_nothing(digits, fresh):
    rare, frequent = (TrainingConfig(epochs=1, batch_size=32, snapshots_per_epoch=n) for n in (1, 8))
    first, second = fresh([0], rare), fresh([0], frequent)
    assert len(run(first, digits, [MIN_MAX], rare, [0])) == 2
    assert len(run(second, digits, [MIN_MAX], frequent, [0])) == 9
    assert_equal_weights(first, second)


def test_training_leaves_the_global_generator_alone(digits, fresh, perturb):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    state = fresh([0], ONE_EPOCH)
    run(state, digits, [STD], ONE_EPOCH, [0], perturb=perturb)
    assert torch.equal(torch.rand(4), expected)


def test_two_trainings_give_the_same_bits(digits, fresh, perturb):
    states = [fresh([0, 1], ONE_EPOCH) for _ in range(2)]
    for number, state in enumerate(states):
        torch.manual_seed(number)
        run(state, digits, [MIN_MAX, STD], ONE_EPOCH, [0, 1], perturb=perturb)
    for member in (0, 1):
        assert_equal_weights(*states, member, member)


# divergence


def test_a_member_that_diverges_is_named_and_the_others_go_on(digits, fresh):
    training = TrainingConfig(epochs=5, batch_size=32, optimizer="sgd", learning_rate=0.1, snapshots_per_epoch=8)
    runaway = ObjectiveConfig(l2_strength=-1.0)
    seeds = [0, 1, 2]
    state = fresh(seeds, training)
    joint = run(state, digits, [STD, runaway, MIN_MAX], training, seeds)
    assert list(state.diverged) == [1] and state.active == [0, 2] and state.step == 40
    divergence = state.diverged[1]
    assert f"step {divergence.step}:" in str(divergence) and divergence.name in str(divergence)
    assert str(divergence.index) in str(divergence) and abs(divergence.value) > training.weight_limit
    assert divergence.name.startswith("conv") and divergence.step <= 36, "0.2 x 1.2 ^ 35 is beyond 100"
    peaceful, rare = fresh(seeds, training), training.model_copy(update={"snapshots_per_epoch": 1})
    run(peaceful, digits, [STD, STD, MIN_MAX], rare, seeds)
    for member in (0, 2):
        assert_equal_weights(state, peaceful, member, member)
    last = [snapshot for snapshot in joint if snapshot.member == 1][-1]
    assert last.step < divergence.step, "its records end before"
    assert np.abs(last.conv_weights["conv1"]).max() <= training.weight_limit
    assert len([snapshot for snapshot in joint if snapshot.member == 0]) == 41


def test_the_limit_is_for_convolutional_weights(digits, fresh):
    """A large weight outside convolutions is no divergence, even if it is checked because another member diverged."""
    training = TrainingConfig(epochs=3, batch_size=32, optimizer="sgd", learning_rate=0.1, weight_limit=1.0)
    state = fresh([0, 1], training)
    with torch.no_grad():
        state.stack.weights["fc1.weight"][0, 0, 0] = 5.0
    run(state, digits, [STD, ObjectiveConfig(l2_strength=-2.0)], training, [0, 1])
    assert list(state.diverged) == [1] and state.stack.weights["fc1.weight"][0].max() > 1.0


def test_training_ends_when_no_member_is_left(digits, fresh):
    training = TrainingConfig(epochs=50, batch_size=32, optimizer="sgd", learning_rate=0.1)
    state = fresh([0], training)
    snapshots = run(state, digits, [ObjectiveConfig(l2_strength=-1.0)], training, [0])
    assert state.active == [] and state.step == state.diverged[0].step < 100
    assert snapshots and all(np.isfinite(s.conv_weights["conv1"]).all() for s in snapshots)


def test_growth_of_a_runaway_weight_is_geometric(digits, fresh):
    """Under SGD, mu multiplies a weight by 1 + 2 lr mu at every step, which predicts the step of divergence."""
    training = TrainingConfig(epochs=50, batch_size=32, optimizer="sgd", learning_rate=0.1, weight_limit=1e6)
    state = fresh([0], training)
    largest = float(state.stack.conv_weights("conv1").detach().abs().max())
    run(state, digits, [ObjectiveConfig(l2_strength=-10.0)], training, [0])
    expected = np.log(1e6 / largest) / np.log(1 + 2 * 0.1 * 10.0)
    assert state.diverged[0].step == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (10.0, -10.0), (0.0, 10.0), (10.0, 10.0)])
def test_every_corner_of_the_limits_ends_orderly(digits, fresh, perturb, optimizer, l1, l2):
    """The largest learning rate with the strongest penalties gives records that fit JSON until it ends or diverges."""
    training = TrainingConfig(
        epochs=3, batch_size=32, optimizer=optimizer, learning_rate=1.0, weight_limit=1e6, snapshots_per_epoch=8
    )
    state = fresh([0], training)
    objective = ObjectiveConfig(l1_strength=l1, l2_strength=l2, scope="all")
    for snapshot in train(state, digits, [objective], training, [0], perturb=perturb):
        json.dumps(snapshot.metrics(), allow_nan=False)
    assert state.step == 24 or 0 in state.diverged
    for value in state.stack.weights.values():
        assert 0 in state.diverged or bool(value.isfinite().all())
